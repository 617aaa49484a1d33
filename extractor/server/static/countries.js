// Codes of states on documents (ISO 3166-1 alpha-3, ICAO Doc 9303-3, 5) to the codes that browsers have names for.

import { tag, words } from "./words.js";

const CODES = "ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT AZEAZ BDIBI BELBE BENBJ BESBQ BFABF BGDBD BGRBG BHRBH "
  + "BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB BRNBN BTNBT BVTBV BWABW CAFCF CANCA CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO "
  + "COMKM CPVCV CRICR CUBCU CUWCW CXRCX CYMKY CYPCY CZECZ DEUDE DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESHEH ESPES ESTEE ETHET FINFI FJIFJ FLKFK "
  + "FRAFR FROFO FSMFM GABGA GBRGB GEOGE GGYGG GHAGH GIBGI GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU GUYGY HKGHK HMDHM HNDHN HRVHR "
  + "HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG KHMKH KIRKI KNAKN KORKR KWTKW LAOLA "
  + "LBNLB LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN "
  + "MNPMP MOZMZ MRTMR MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA PCNPN "
  + "PERPE PHLPH PLWPW PNGPG POLPL PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA REURE ROURO RUSRU RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ SLBSB SLESL "
  + "SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS STPST SURSR SVKSK SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ TKLTK TKMTM TLSTL TONTO TTOTT "
  + "TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM URYUY USAUS UZBUZ VATVA VCTVC VENVE VGBVG VIRVI VNMVN VUTVU WLFWF WSMWS XKXXK YEMYE ZAFZA ZMBZM ZWEZW ";
// Codes of their own for what browsers name: the first group means the same, the second says more than the name does.
const SAME = { D: "DE", RKS: "XK", EUE: "EU", UNO: "UN", BUR: "MM", ROM: "RO", TMP: "TL", ZAR: "CD" };
const NARROWER = { GBD: "GB", GBN: "GB", GBO: "GB", GBP: "GB", GBS: "GB", UNA: "UN", UNK: "XK" };
const pairs = Object.fromEntries(CODES.trim().split(" ").map(pair => [pair.slice(0, 3), pair.slice(3)]));

/** A state's name in the page's language; the code itself where it names no state. */
export function countryName(code) {
  const own = words().states[code];
  if (own) return own;
  const short = SAME[code] ?? NARROWER[code] ?? pairs[code];
  const name = short && new Intl.DisplayNames([tag()], { type: "region" }).of(short);
  if (!name) return code;
  return code in NARROWER ? `${name} (${code})` : name;
}

const bare = text => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();

/** The code of a state that somebody has typed, by code or by its name in the page's language; null for none. */
export function countryCode(text) {
  const typed = text.trim().toUpperCase();
  const codes = [...Object.keys(pairs), ...Object.keys(words().states), ...Object.keys(SAME), ...Object.keys(NARROWER)];
  if (codes.includes(typed)) return typed;
  return codes.find(code => bare(countryName(code)) === bare(text)) ?? null;
}
