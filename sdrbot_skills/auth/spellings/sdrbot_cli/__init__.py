"""SDRbot's own package name, so that scripts written for it find `sdrbot_cli.auth` in the sandbox."""
