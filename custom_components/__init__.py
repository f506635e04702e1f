"""Custom integrations of this repository; Home Assistant's test plugin imports them from here."""
