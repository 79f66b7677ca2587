"""Windows and widgets, and the only place for Qt. Slow work goes to executors, never runs here."""
