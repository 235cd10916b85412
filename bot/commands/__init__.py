"""The bot's slash commands, a file each."""
