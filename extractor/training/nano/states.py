"""How states call themselves in the headings of their documents, and which signs their licences show.

On a card without a machine-readable zone the heading is all that says who issued it, and it says so in the state's own
language more often than in English. Names are the official and the short ones, in Latin letters; one that
`extractor.schemas.states` would read otherwise is left out.
"""

from __future__ import annotations

import random
import re
from functools import cache

from iso3166 import countries

from extractor.schemas.states import state_code

_OWN = """
ALB:Republika e Shqipërisë|Shqipëria AGO:República de Angola ARG:República Argentina|Argentina
AUS:Commonwealth of Australia AUT:Republik Österreich|Österreich BEL:Royaume de Belgique|Belgique België Belgien
BEN:République du Bénin BFA:Burkina Faso BGR:Republika Bulgaria BIH:Bosna i Hercegovina
BOL:Estado Plurinacional de Bolivia BRA:República Federativa do Brasil|Brasil CAN:Canada
CHE:Schweiz Suisse Svizzera Svizra|Confédération Suisse CHL:República de Chile CIV:République de Côte d'Ivoire
CMR:République du Cameroun COL:República de Colombia CRI:República de Costa Rica CUB:República de Cuba
CZE:Česká republika D:Bundesrepublik Deutschland|Deutschland DNK:Kongeriget Danmark|Danmark
DOM:República Dominicana ECU:República del Ecuador ESP:Reino de España|España EST:Eesti Vabariik|Eesti
FIN:Suomi Finland|Suomen tasavalta FRA:République Française|France GHA:Republic of Ghana
GBR:United Kingdom of Great Britain and Northern Ireland|United Kingdom GTM:República de Guatemala
HND:República de Honduras HRV:Republika Hrvatska HUN:Magyarország IDN:Republik Indonesia IND:Republic of India
IRL:Éire Ireland|Ireland ISL:Ísland ITA:Repubblica Italiana|Italia KEN:Jamhuri ya Kenya|Republic of Kenya
LTU:Lietuvos Respublika|Lietuva LUX:Grand-Duché de Luxembourg|Lëtzebuerg LVA:Latvijas Republika|Latvija
MCO:Principauté de Monaco MDA:Republica Moldova MDG:Repoblikan'i Madagasikara MEX:Estados Unidos Mexicanos|México
MLI:République du Mali MLT:Repubblika ta' Malta MNE:Crna Gora MOZ:República de Moçambique MYS:Malaysia
NGA:Federal Republic of Nigeria NLD:Koninkrijk der Nederlanden|Nederland NOR:Kongeriket Norge|Norge
NZL:New Zealand Aotearoa|New Zealand PAN:República de Panamá PER:República del Perú|Perú
PHL:Republika ng Pilipinas|Republic of the Philippines POL:Rzeczpospolita Polska|Polska
PRT:República Portuguesa|Portugal PRY:República del Paraguay ROU:România SEN:République du Sénégal
SGP:Republic of Singapore SLV:República de El Salvador SMR:Repubblica di San Marino SRB:Republika Srbija
SVK:Slovenská republika|Slovensko SVN:Republika Slovenija|Slovenija SWE:Konungariket Sverige|Sverige
TGO:République Togolaise TUN:République Tunisienne TUR:Türkiye Cumhuriyeti|Türkiye
URY:República Oriental del Uruguay USA:United States of America VEN:República Bolivariana de Venezuela
VNM:Viet Nam ZAF:Republic of South Africa|South Africa
"""
#: Distinguishing signs of vehicles in international traffic, as licences show them, and their states' codes.
_SIGNS = """
A:AUT B:BEL BG:BGR CY:CYP CZ:CZE D:D DK:DNK E:ESP EST:EST F:FRA FIN:FIN GR:GRC H:HUN HR:HRV I:ITA IRL:IRL IS:ISL L:LUX
LT:LTU LV:LVA M:MLT N:NOR NL:NLD P:PRT PL:POL RO:ROU S:SWE SK:SVK SLO:SVN FL:LIE CH:CHE UK:GBR AL:ALB MK:MKD MNE:MNE
SRB:SRB BIH:BIH RSM:SMR MC:MCO UA:UKR MD:MDA TR:TUR AND:AND GE:GEO
"""
#: Share of pages whose state is one that is known by its own name, of those pages whose heading says so in it.
_WELL_KNOWN, _IN_ITS_OWN_WORDS = 0.5, 0.7


@cache
def own_names() -> dict[str, tuple[str, ...]]:
    """Code -> what the state calls itself."""
    found: dict[str, tuple[str, ...]] = {}
    # The text is parted before each code: entries go on over the ends of lines.
    for entry in re.split(r"\s(?=[A-Z]{1,3}:)", _OWN.strip()):
        code, _, names = entry.partition(":")
        found[code] = tuple(name for name in " ".join(names.split()).split("|") if state_code(name) == code)
    return {code: names for code, names in found.items() if names}


@cache
def english_names() -> tuple[tuple[str, str], ...]:
    """(code, English name) of the world's states, where the name alone says the code."""
    found = [("D" if one.alpha3 == "DEU" else one.alpha3, one.apolitical_name.split(",")[0]) for one in countries]
    return tuple((code, name) for code, name in found if state_code(name) == code == state_code(f"REPUBLIC OF {name}"))


@cache
def signs() -> tuple[tuple[str, str], ...]:
    """(distinguishing sign, code) of the states whose licences show one."""
    pairs = (pair.partition(":") for pair in _SIGNS.split())
    return tuple((sign, code) for sign, _, code in pairs)


def some_state(rng: random.Random) -> tuple[str, str]:
    """(code, English name) of a state: half of the time of one that `own_names` knows."""
    known = english_names()
    if rng.random() < _WELL_KNOWN:
        known = tuple(pair for pair in known if pair[0] in own_names())
    return rng.choice(known)


def heading(rng: random.Random, code: str, name: str) -> str:
    """What a document of state `code`, in English `name`, says above all else."""
    own = own_names().get(code)
    if own and rng.random() < _IN_ITS_OWN_WORDS:
        said = rng.choice(own)
        said = said if rng.random() < 0.3 else said.upper()
        return said if rng.random() < 0.8 else f"{said} {rng.choice((name, name.upper()))}"
    return rng.choice((name.upper(), f"REPUBLIC OF {name.upper()}", name, f"{name.upper()} {code}"))
