"""RuView's server API, without Home Assistant: usable and testable on its own."""
