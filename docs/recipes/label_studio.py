"""Labels for an evaluation set of one's own, drawn and corrected in Label Studio.

python label_studio.py config > config.xml             the labelling configuration, for the project's settings
python label_studio.py prelabel FOLDER tasks.json      what the reader makes of pictures, to be corrected
python label_studio.py export FOLDER tasks.json        a labelled folder as annotations
python label_studio.py import export.json FOLDER       the project's export in JSON -> FOLDER/labels.jsonl

Label Studio serves pictures of a folder at `/data/local-files/?d=` (LOCAL_FILES_SERVING_ENABLED); a last argument
is another address that they are served at.
"""

import json
import sys
from pathlib import Path

from extractor import ExtractorError, extract
from extractor.extraction import Extraction, SourceKind
from extractor.labels import load_dataset
from extractor.labels.format import Specimen, save_labels
from extractor.labels.label_studio import as_task, labelling_config, load_tasks, save_tasks
from extractor.schemas import schema_name

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def suggestion(result: Extraction[object], path: Path) -> Specimen:
    """What was read as a label to be corrected: values, their texts, and where these stand."""
    printed, boxes = {}, {}
    for name, field in result.fields.items():
        seen = next((one for one in field.sources if one.kind is SourceKind.VISUAL and one.box), None)
        if seen and seen.box and field.value is not None:
            printed[name], boxes[name] = seen.text, (seen.box.points,)
    values = {name: value for name, value in result.to_dict().items() if value is not None}
    return Specimen(path, schema_name(result.schema), values, printed=printed, boxes=boxes)


def prelabel(folder: Path, target: Path, prefix: str) -> int:
    """Tasks for the pictures of a folder; returns how many were not recognised and are tasks without a suggestion."""
    tasks, failed = [], 0
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES):
        try:
            tasks.append(as_task(suggestion(extract(path), path), folder, prefix=prefix, model="extract"))
        except ExtractorError as error:
            failed += 1
            print(f"{path.name}: {error}", file=sys.stderr)
            tasks.append({"data": {"image": prefix + path.name, "file": path.name}})
    target.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    return failed


def main(action: str, *arguments: str) -> None:
    if action == "config":
        print(labelling_config(), end="")
        return
    first, second = map(Path, arguments[:2])
    if action == "import":
        save_labels(load_tasks(first, second), second)
        return
    prefix = arguments[2] if len(arguments) > 2 else f"/data/local-files/?d={first.name}/"
    if action == "prelabel":
        prelabel(first, second, prefix)
    else:
        save_tasks(load_dataset(first), first, second, prefix=prefix)


if __name__ == "__main__":
    main(*sys.argv[1:])
