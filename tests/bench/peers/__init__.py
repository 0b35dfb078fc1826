"""jettag's network execution beside the engines that a user could take instead; compare.py is the command."""
