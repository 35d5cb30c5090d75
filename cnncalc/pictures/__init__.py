"""Pictures of networks: a layout is a value in numbers, and drawing it is a second step."""
