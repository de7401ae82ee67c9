"""One file a command: it parses, calls one service and renders."""
