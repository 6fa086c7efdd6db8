"""The pipeline (项目进度, §5): moves, release, loss, undo, and the board."""
