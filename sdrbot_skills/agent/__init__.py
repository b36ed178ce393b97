"""The agent: tools, graph, privileged mode, masking, the guide, the chat."""
