#!/usr/bin/env bash
# A client of xmlchat with xmllint and /dev/tcp; § is a section of schema/PROTOCOL.md. ../README.md says what it does.
set -uo pipefail
export LC_ALL=C # A character is an octet, and what is counted are octets.

LEFT=0 USAGE=2 UNREACHABLE=69 PROTOCOL=76 REFUSED=77
NAMESPACE=urn:xmlchat:1
MAX_SERVER_DOCUMENT=1048576 # octets, §2.3

# The conversation of §4.1, and what the server may say in each of its states.
DATA='ok error broadcast direct users rooms page blocks sanctions resumed notice ping pong bye'
declare -A MAY_COME=(
  [opened]=' greeting error bye '
  [greeted]=' prompt welcome error notice ping pong bye '
  [active]=" $DATA "
  [leaving]=" prompt welcome $DATA "
)

# What §3.2 refuses under 8: comments, instructions, xsi, too deep, too many attributes or elements. Then the name of the
# document and the attributes that are asked for here.
FACTS="concat(boolean(//comment() | //processing-instruction()
  | //@*[namespace-uri() = 'http://www.w3.org/2001/XMLSchema-instance']
  | //*[count(ancestor::*) > 15 or count(@*) > 32] | (//*)[25001]), '|',
  local-name(/*), '|', /*/@id, '|', /*/@re, '|', /*/@code, '|', /*/*[local-name() = 'limit' and @name = 'ping']/@value)"

# What an XML declaration may say, §3.1.
DECLARATION="^<\?xml[[:space:]]+version=[\"']1\.0[\"']([[:space:]]+encoding=[\"'][Uu][Tt][Ff]-8[\"'])?[[:space:]]*\?>"

finish() { # STATUS SENTENCE
  [[ $1 == "$LEFT" ]] || printf 'chat: %s\n' "${2//[^ -~]/ }" >&2
  exit "$1"
}

usage() { finish $USAGE '[--host HOST] [--port PORT] --user NAME [--register] [--schema FILE] [--null]'; }

# Reads the document in FILE into `line`, as one line of ASCII: so no text can do anything to a terminal, §11.3. Sets
# `name`, `id`, `re`, `code` and `ping`. False, and `complaint` says why, for what §3.2 refuses.
checked() { # FILE
  local start facts
  start=$(head -c 200 "$1" | tr '\0\n' '  ')
  if [[ $start == [$'\x80'-$'\xff']* ]] || ! tr -d '\0' <"$1" | cmp -s - "$1"; then
    complaint='a byte order mark, or not UTF-8'
  elif [[ $start == '<?xml '* && ! $start =~ $DECLARATION ]]; then
    complaint='not XML 1.0 in UTF-8'
  elif ! line=$(xmllint --nonet --nocdata --encode US-ASCII --schema "$schema" "$1" 2>"$1.complaint"); then
    complaint=$(grep -m 1 -o "error.*" "$1.complaint")
  elif line=${line#*$'?>\n'} && [[ $line != '<'[a-z]* ]]; then
    complaint='a document type declaration, a comment or an instruction' # §11.4
  elif ! facts=$(xmllint --nonet --xpath "$FACTS" "$1" 2>"$1.complaint") || [[ $facts == true* ]]; then
    complaint='a comment, an instruction, xsi, or too much'
  else
    IFS='|' read -r _ name id re code ping <<<"$facts"
    line=${line//$'\n'/'&#10;'}
    line=${line//$'\x7f'/'&#127;'}
    return 0
  fi
  return 1
}

# Sends a document as a frame, §2.1. What would not be valid is not sent: false, and a complaint.
send() { # DOCUMENT
  local length=$((${#1} + 4)) name id re code ping line
  printf '%s' "$1" >"$folder/out.$BASHPID"
  checked "$folder/out.$BASHPID" || return 1
  length=$(printf '\\x%02x' $((length >> 24)) $((length >> 16 & 255)) $((length >> 8 & 255)) $((length & 255)))
  # The receiver answers pings while the typist sends.
  { flock 9 && printf "$length%s" "$1" >&3; } 2>/dev/null 9>"$folder/lock"
}

# Puts TEXT into `escaped`, fit for an element or an attribute; a carriage return becomes a reference, as §3.4 asks.
escape() { # TEXT
  escaped=${1//&/'&amp;'}
  escaped=${escaped//</'&lt;'}
  escaped=${escaped//>/'&gt;'}
  escaped=${escaped//\"/'&quot;'}
  escaped=${escaped//$'\r'/'&#13;'}
}

say() { # ELEMENT ATTRIBUTES [CHILD TEXT]
  local escaped='' content=''
  if (($# > 2)); then
    escape "$4"
    content="<$3>$escaped</$3>"
  fi
  send "<$1 xmlns=\"$NAMESPACE\" $2>$content</$1>"
}

# Sends what is typed, line by line, and takes its leave at the end. The receiver has used 1 as an id; a counter is
# enough, §4.2.
type_lines() {
  local line last=1 complaint escaped
  while IFS= read -r -d "$line_end" line || [[ $line ]]; do
    if [[ ! $line =~ [^[:space:]] ]]; then
      continue
    elif [[ $line == /ex ]]; then
      break
    elif [[ $line == /users ]]; then
      say who "id=\"$((++last))\""
    elif [[ $line == '/dm '*' '* ]]; then
      line=${line#/dm }
      escape "${line%% *}"
      say dm "id=\"$((++last))\" to=\"$escaped\"" text "${line#* }"
    elif [[ $line != /* || $line == //* ]]; then
      say pm "id=\"$((++last))\"" text "${line/#\/\///}"
    else
      complaint='the commands are /dm NAME TEXT, /users and /ex'
      false
    fi || printf '! Not sent: %s\n' "${complaint//[^ -~]/ }" >&2
  done
  echo $((++last)) >"$folder/ex"
  say ex "id=\"$last\""
}

# Reads so many octets into FILE, §2.2.
receive() { # COUNT FILE
  timeout --foreground "$silence" head -c "$1" <&3 >"$2" || finish $UNREACHABLE "The connection is lost, or silent."
  [[ $(wc -c <"$2") == "$1" ]] || finish $UNREACHABLE 'The server has gone away.'
}

# Does what a document from the server asks for.
take() {
  case $name in
    greeting) # Only now may the client speak, §4.1; the login is that of §4.3.
      state=greeted
      # A server that lives says something within so many seconds: it pings whoever says nothing, §4.6.
      silence=${ping:-30}
      escape "$user"
      say login "id=\"1\" name=\"$escaped\" register=\"$register\" minor=\"0\"" password "$XMLCHAT_PASSWORD" ||
        finish $USAGE "This name or password cannot be sent: $complaint"
      ;;
    welcome)
      if [[ $state == greeted ]]; then
        state=active
        type_lines <&4 &
        typist=$!
      fi
      ;;
    ping) say pong "re=\"$id\"" ;; # §4.6
    error) [[ $state == opened || $re != 1 ]] || finish $REFUSED "The login was refused: $code." ;;
    bye) # §4.7
      [[ $state != leaving || $re != "$(<"$folder/ex")" ]] || finish $LEFT
      finish $UNREACHABLE "The server has ended the connection: $code."
      ;;
  esac # Whatever else was shown asks for nothing. Never answer an error, §4.2.
}

host=127.0.0.1 port=7700 user='' register=false schema=../../../schema/chat.xsd line_end=$'\n'
while (($#)); do
  case $1 in
    --host | --port | --user | --schema)
      (($# > 1)) || usage
      declare "${1#--}=$2"
      shift
      ;;
    --register) register=true ;;
    --null) line_end='' ;;
    *) usage ;;
  esac
  shift
done
[[ $user && $port =~ ^[0-9]{1,5}$ ]] && ((10#$port <= 65535)) || usage
# Not from the command line, which others can see (§11.2).
[[ ${XMLCHAT_PASSWORD+set} ]] || finish $USAGE 'Put your password into the variable XMLCHAT_PASSWORD.'
[[ -r $schema ]] || finish $USAGE "The schema cannot be read: $schema"

folder=$(mktemp -d) typist='' state=opened silence=30
trap 'kill $typist 2>/dev/null; rm -rf "$folder"' EXIT
exec 4<&0
{ exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null || finish $UNREACHABLE "Nobody answers at $host:$port."
[[ $host == 127.* || $host == localhost || $host == ::1 ]] || # §11.2
  echo 'chat: The connection is not encrypted: your password can be read on the way.' >&2

while true; do
  receive 4 "$folder/length"
  read -r a b c d < <(od -An -tu1 "$folder/length")
  length=$((a << 24 | b << 16 | c << 8 | d)) # It includes its own 4 octets, §2.1.
  ((length >= 5 && length <= MAX_SERVER_DOCUMENT + 4)) || finish $PROTOCOL "No frame has a length of $length."
  receive $((length - 4)) "$folder/in.xml"
  checked "$folder/in.xml" || finish $PROTOCOL "The server sent what is not valid: $complaint"
  [[ ! -e $folder/ex ]] || state=leaving
  [[ ${MAY_COME[$state]} == *" $name "* ]] || finish $PROTOCOL "The server may not send '$name' now."
  printf '%s\n' "$line"
  take
done
