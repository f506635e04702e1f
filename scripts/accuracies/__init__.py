"""How right the engine is on recordings of others: plans what it hears, judges what it said, writes the report."""
