"""Speech to text on one's own machine: OpenAI's transcription door in front of faster-whisper (extra `stt-local`)."""
