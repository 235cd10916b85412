"""Who asks: Discord, the command line and the preview, all callers of one service."""
