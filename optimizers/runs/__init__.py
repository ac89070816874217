"""What a run leaves behind, and the one way in which its negotiations are played."""
