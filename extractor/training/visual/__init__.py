"""Training the layout reader: which words of a page are the value of which field.

    python -m extractor.training.visual train --out runs/layout --seconds 500
    python -m extractor.training.visual folds --real runs/real.jsonl --start runs/layout --out runs/folds
    python -m extractor.training.visual export runs/layout --file layout.onnx

Pages are made as text and geometry (`sheet`), from designs made up at random (`designs`) and from the catalogue of the
world's documents (`extractor.synthesis.catalogue`), in the state that recognition leaves them in (`noise`). Some are
printed, photographed and read instead (`printed`). Real labelled pages (`real`) come last. Pages of the last two kinds
are changed each time they are shown (`augment`). What was tried: docs/log/layout.md.
"""
