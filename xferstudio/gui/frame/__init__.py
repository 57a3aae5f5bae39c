"""The window around the pages: start, menus, project manager, status line, and the pages that need no project."""
