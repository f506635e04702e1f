"""What the demo, the end-to-end tests and the benches share: real processes, all started and stopped the same way."""
