"""What is asked of the engine: each protocol says what is played, and what the answers are worth."""
