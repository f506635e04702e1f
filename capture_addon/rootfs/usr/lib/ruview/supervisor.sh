# shellcheck shell=bash
# Asks the Supervisor: sourced by the scripts of the app's services.

export RUN=/run/ruview               # what lives as long as the container
export SETTINGS=$RUN/settings.json   # what the server is started with
export DATA=/data/ruview             # what outlives it; in backups

log() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Prints what the Supervisor answers. The token goes by a file, because everybody in the container sees arguments.
# usage: supervisor GET|POST <path> [<JSON>]
supervisor() {
  local answer
  answer=$(curl --silent --show-error --max-time 30 --request "$1" \
    --header @<(printf 'Authorization: Bearer %s\nContent-Type: application/json\n' "${SUPERVISOR_TOKEN:?}") \
    ${3:+--data "$3"} "http://${SUPERVISOR:-supervisor}$2") || return
  if [ "$(jq --raw-output '.result' <<<"$answer")" != ok ]; then
    jq --raw-output '.message // "no reason given"' <<<"$answer" >&2
    return 1
  fi
  jq '.data' <<<"$answer"
}
