"""The control surface as Python calls, for tests and demos."""

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
        **params: Any,
    ) -> None:
        """Put a fault in force; see `faults` for the names and their params. `times` None = for ever."""
        rule = {"fault": fault, "operation": operation, "match": match, "times": times, "params": params}
        self._answer("POST", "/faults", rule)

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
