"""Codes of issuing states, organizations and nationalities that a machine-readable zone may carry.

ICAO Doc 9303-3, section 5: ISO 3166-1 alpha-3, plus codes of its own (parts B to D of that section), plus the
codes of states that are gone but whose documents still turn up on specimens. Used as a prior when a code was read
badly; an unknown code that was read well is kept.
"""

from __future__ import annotations

from extractor.mrz.checkdigit import FILLER

ISO_3166 = """
ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM
BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR
CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB
GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA
JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA
MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR
NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS
SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON
TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
"""

# D: Germany. GB*: United Kingdom other than citizens. EUE, UN*, X**: organizations; XXA-XXC: stateless persons and
# refugees; XXX: unspecified; UTO: the specimen state of Doc 9303. Kosovo has no code of ISO 3166: its own documents say
# RKS, those of EU states XKX (Council of the EU, PRADO glossary; ISO 3166 leaves XAA to XZZ to its users); UNK is a
# resident of Kosovo with a travel document of the UN mission (Doc 9303-3, 5, part D).
ICAO_ONLY = """
D EUE GBD GBN GBO GBP GBS IAO NTZ RKS UNA UNK UNO UTO XBA XCC XCE XCO XDC XEC XES XIM XKX XMP XOM XPO XXA XXB XXC XXX
"""

WITHDRAWN = "ANT BUR CSK DDR ROM SCG SUN TMP YUG ZAR"

STATE_CODES = frozenset(f"{ISO_3166} {ICAO_ONLY} {WITHDRAWN}".split())

# As printed: three places, `D<<` for Germany. Sorted, because searches over it must not depend on hash order.
PRINTED_STATE_CODES = tuple(sorted(code.ljust(3, FILLER) for code in STATE_CODES))
