"""How much a source may be asked, as `SCRAPE_ASSETS_PACE` says it. What it means for the gate: flow/pacing."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class PaceSetting(BaseModel):
    """How much a source is asked at most, where its own limit is not to hold: what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_second: int | None = Field(None, gt=1)
    per_minute: int | None = Field(None, gt=1)
    per_hour: int | None = Field(None, gt=1)
    per_day: int | None = Field(None, gt=1)
    burst: int | None = Field(None, ge=1)  # of the calls of that time, so many at once after a rest
    in_flight: int | None = Field(None, ge=1)
    guard: int | None = Field(None, ge=1, le=24)  # answers of 429 in five minutes; at 25 the vendor blocks the address

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if sum(value is not None for value, _ in self._rates()) > 1:
            raise ValueError("name one of per_second, per_minute, per_hour, per_day")
        if self.calls is not None and self.burst is not None and self.burst >= self.calls:
            raise ValueError(f"the burst is part of the {self.calls} calls, and must be smaller")
        return self

    @property
    def calls(self) -> int | None:
        """Calls in `seconds`."""
        return next((value for value, _ in self._rates() if value is not None), None)

    @property
    def seconds(self) -> float:
        """The time that `calls` are for."""
        return next((seconds for value, seconds in self._rates() if value is not None), 60.0)

    def _rates(self) -> tuple[tuple[int | None, float], ...]:
        return (self.per_second, 1.0), (self.per_minute, 60.0), (self.per_hour, 3600.0), (self.per_day, 86_400.0)
