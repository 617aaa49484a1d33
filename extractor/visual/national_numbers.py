"""Checksums of national numbers, by python-stdnum: a personal or document number whose checksum holds is proven.

A wrong checksum gives a warning only where every number of that form in the state has one: then the number was misread,
or was never issued.
"""

from __future__ import annotations

import importlib

#: Issuing state and the stdnum module of the number its documents print. Numbers without a checksum are left out.
_MODULES = (
    "BEL be.nn BGR bg.egn BRA br.cpf CHE ch.ssn CHL cl.rut CHN cn.ric CZE cz.rc ESP es.dni"
    " ESP es.nie EST ee.ik FIN fi.hetu FRA fr.nir HRV hr.oib IND in_.aadhaar ISL is_.kennitala ISR il.idnr"
    " ITA it.codicefiscale KOR kr.rrn LTU lt.asmens MEX mx.curp NLD nl.bsn NOR no.fodselsnummer"
    " POL pl.pesel PRT pt.cc PRT pt.nif ROU ro.cnp SVK sk.rc SVN si.emso SWE se.personnummer THA th.pin TUR tr.tckimlik"
    " UKR ua.rntrc ZAF za.idnr"
).split()
_BY_STATE: dict[str, list[str]] = {}
for _state, _module in zip(_MODULES[::2], _MODULES[1::2], strict=True):
    _BY_STATE.setdefault(_state, []).append(_module)


#: States that give every personal number a checksum: a wrong one gives a warning. Korea since 2020, Iceland since 2026,
#: and Czechia and Slovakia before 1954 do not; other states of the list print several numbers of one form.
_ALWAYS = frozenset("BEL BGR BRA CHE ESP EST FIN FRA HRV IND ITA LTU MEX NLD NOR POL ROU SVN SWE THA TUR ZAF".split())
#: Document numbers are shorter; one this long is the holder's national number.
_LONGER_THAN_DOCUMENT_NUMBERS = 11


def checksum_of(issuer: str | None, field: str, number: str) -> bool | None:
    """Whether the checksum of a number of `issuer` (alpha-3) is right; None where it has none that says something.

    `field`: `personal_number` or `document_number`; any other has no checksum.
    """
    if field not in ("personal_number", "document_number"):
        return None
    found = [_verdict(module, number) for module in _BY_STATE.get(issuer or "", ())]
    if True in found:
        return True
    is_national = field == "personal_number" or sum(map(str.isalnum, number)) >= _LONGER_THAN_DOCUMENT_NUMBERS
    return False if False in found and issuer in _ALWAYS and is_national else None


def _verdict(module: str, number: str) -> bool | None:
    """Whether the checksum of a number of a scheme is right; None for what is no number of that scheme."""
    from stdnum.exceptions import InvalidChecksum, ValidationError

    try:
        importlib.import_module(f"stdnum.{module}").validate(number)
    except InvalidChecksum:
        return False
    except ValidationError:
        return None
    return True
