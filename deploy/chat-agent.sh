#!/bin/sh
# Any command of chat-agent, with the settings, the store and the control socket that chat-agent.service has.
# Install it as /usr/local/bin/chat-agent, mode 0755; then, as root: chat-agent ps --once
set -eu
export XDG_STATE_HOME=/var/lib XDG_RUNTIME_DIR=/run CHAT_AGENT_CONFIG=/etc/chat-agent/chat-agent.toml

# What systemd reads as EnvironmentFile: NAME=value or NAME="value". Nothing in it is run.
environment=/etc/chat-agent/environment
if [ -r "$environment" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in [A-Za-z_]*=*) ;; *) continue ;; esac
        value=${line#*=}
        case $value in \"*\" | \'*\') value=${value#?} value=${value%?} ;; esac
        export "${line%%=*}=$value"
    done <"$environment"
fi

exec /opt/chat-agent/bin/chat-agent "$@"
