"""The OCR networks of RapidOCR's wheel in 8 bits, trained to answer as their originals do.

Quantising the finished networks changes one line in four; training them with the rounding in place (quantization-aware
training, Jacob et al., 2018) mends that. The teacher is the original network, so no labels are needed:

    python -m extractor.training.text draw --out lines.zip
    python -m extractor.training.text train --network recogniser --data lines.zip --out runs/ocr

The product reads with what was made here: extractor/text/networks/README.md. What was tried: docs/log/text.md.
"""
