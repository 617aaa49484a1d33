"""Training the small Phi-3-vision (`nano`), from scratch or by fine-tuning."""
