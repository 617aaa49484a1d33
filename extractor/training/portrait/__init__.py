"""The network that knows where a portrait and its ghost are on a document, trained on drawn sheets alone.

BlazeFace finds photographed faces. Specimens and spoilt pictures show others: drawings, silhouettes, faces blurred,
whitened or barred, ghosts too pale to have eyes. `people` draws such portraits, `sheets` puts them on documents among
what is taken for them, `network` is the small network, `train` trains it on a CPU.
"""
