"""Getting a version ready to be kept: spec completed, contract made, model tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from monitor.errors import ContractError
from monitor.models.contract import Contract, Report, build_contract, check
from monitor.models.derive import complete
from monitor.models.files import artefact_facts
from monitor.models.runner import Repeated, open_runner, verify_reference
from monitor.models.spec import Spec
from monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is kept of a version, what was found in its reference, and whether scoring that
    repeats what it has stored."""

    spec: Spec
    contract: Contract
    facts: dict[str, Any]
    report: Report
    repeated: Repeated


def prepare(
    spec: Spec,
    reference: pd.DataFrame,
    *,
    settings: Settings,
    trusted: Callable[[str], bool],
) -> Prepared:
    """SpecError, ContractError or ModelError says why this cannot be a version."""
    facts = artefact_facts(spec)
    with open_runner(spec, facts, settings=settings, trusted=trusted) as runner:
        spec = complete(spec, reference, inputs=runner.inputs, classes=runner.classes)
    contract = build_contract(spec, reference)
    report = check(contract, spec, reference)
    if report.fatal:
        raise ContractError(f"The reference cannot be used. {report.sentence}")
    with open_runner(spec, facts, settings=settings, trusted=trusted, contract=contract) as runner:
        repeated = verify_reference(runner, reference, spec=spec)
    return Prepared(spec, contract, facts, report, repeated)
