"""What an interrupted run left: rolled forward, undone or void; and the repair of what verification found."""
