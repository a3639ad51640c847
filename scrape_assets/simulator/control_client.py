"""The control surface as Python calls, for tests and demos."""

import json
import ssl
from typing import Any

import httpx

# Trusts nobody: the surface is plain HTTP, and loading the usual authorities costs more than a test's calls.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Control:
    """Turns the switches of a running simulator."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/simulator", timeout=30, verify=NO_TLS)

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change some settings (see `settings.Settings`) and return all of them."""
        settings: dict[str, Any] = self._answer("PUT", "/settings", changes)
        return settings

    def fault(
        self,
        fault: str,
        *,
        operation: str | None = None,
        match: str | None = None,
        times: int | None = None,
        of_all: float | None = None,
        **params: Any,
    ) -> None:
        """Put a fault in force; see `faults` for the names and their params.

        Args:
            fault: its name.
            operation: None = wherever it can happen.
            match: part of an input's URL or of a snapshot id; None = everybody.
            times: None = for ever.
            of_all: the share of the requests or jobs that it hits; None = all.
            params: what the fault takes.
        """
        rule = {"fault": fault, "operation": operation, "match": match, "times": times, "share": of_all}
        self._answer("POST", "/faults", {**rule, "params": params})

    def preset(self, name: str, share: float = 0.1) -> None:
        """Put a set of faults in force, each hitting that share; see `presets`."""
        self._answer("POST", "/faults", {"preset": name, "share": share})

    def rules(self) -> list[dict[str, Any]]:
        """The rules that can still hit somebody new."""
        rules: list[dict[str, Any]] = self._answer("GET", "/faults")
        return rules

    def hits(self) -> list[dict[str, Any]]:
        """What faults have struck, oldest first: fault, operation, snapshot_id, asked."""
        hits: list[dict[str, Any]] = self._answer("GET", "/hits")
        return hits

    def clear_faults(self) -> None:
        """End all faults."""
        self._answer("DELETE", "/faults")

    def calls(self) -> dict[str, dict[str, int]]:
        """Counts by operation and outcome."""
        counts: dict[str, dict[str, int]] = self._answer("GET", "/calls")["operations"]
        return counts

    def accepted(self) -> list[dict[str, Any]]:
        """Every job that was accepted, with its inputs, oldest first: each would have been paid for."""
        accepted: list[dict[str, Any]] = self._answer("GET", "/calls")["accepted"]
        return accepted

    def address(self) -> dict[str, Any]:
        """Whether our address is blocked (ip_blocked), and how near it is and came (throttled_recently, _most)."""
        calls: dict[str, Any] = self._answer("GET", "/calls")
        return {name: calls[name] for name in ("ip_blocked", "throttled_recently", "throttled_most")}

    def unblock(self) -> None:
        """Have our address answered again."""
        self._answer("POST", "/unblock")

    def delivered(self, snapshot_id: str, *, torn: bool = False) -> list[dict[str, Any]]:
        """The rows that a job ever gave in a whole body; with `torn`, the whole rows of bodies with a torn end."""
        answer = self._http.get(f"/rows/{snapshot_id}", params={"torn": "1"} if torn else {}).raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]

    def make_ready(self) -> int:
        """Finish all running jobs now; returns how many there were."""
        return int(self._answer("POST", "/ready")["made_ready"])

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _answer(self, method: str, path: str, content: Any = None) -> Any:
        answer = self._http.request(method, path, json=content)
        if answer.is_error:
            raise ValueError(answer.text)
        return answer.json()
