"""Checksums of national numbers, by python-stdnum: a personal or document number whose checksum holds is proven.

Only a checksum that holds says something. One that does not is left alone: specimens carry invented numbers, and
states issue some without a checksum.
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


def checksum_holds(issuer: str | None, number: str) -> bool:
    """Whether `number` is a national number of `issuer` (alpha-3) with a checksum that is right."""
    return any(_is_valid(module, number) for module in _BY_STATE.get(issuer or "", ()))


def _is_valid(module: str, number: str) -> bool:
    return bool(importlib.import_module(f"stdnum.{module}").is_valid(number))
