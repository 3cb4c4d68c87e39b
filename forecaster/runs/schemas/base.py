"""What the forms of all files share: whether other keys are an error, and the bounds of numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config

closed = with_config(
    ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, str_max_length=65_536, defer_build=True)
)
open_ = with_config(
    ConfigDict(strict=True, extra="allow", allow_inf_nan=False, str_max_length=65_536, defer_build=True)
)

Whole = Annotated[int, Field(ge=0, le=2**53)]
Small = Annotated[int, Field(ge=0, le=2**24)]
Stamp = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Finite | None
FormatVersion = Literal[1]
