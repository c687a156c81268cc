# bash completion of pingplayctl(8)

_pingplayctl_interfaces() {
  local each
  for each in /sys/class/net/*; do
    [ "${each##*/}" = lo ] || printf '%s ' "${each##*/}"
  done
}

_pingplayctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word skip=false
  local commands='status enrol diagnose logs schedule stats sign-out vault network proxy reset'
  local options='--json --lang --config --socket --help --version'
  COMPREPLY=()
  case $previous in
    --lang) mapfile -t COMPREPLY < <(compgen -W 'en fr' -- "$cur"); return ;;
    --config | --socket) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --lines) mapfile -t COMPREPLY < <(compgen -W '50 200 512' -- "$cur"); return ;;
    --security) mapfile -t COMPREPLY < <(compgen -W 'wpa2-wpa3 wpa3 open' -- "$cur"); return ;;
    --ca | --keytab) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --at | --gateway | --dns | --user | --except | --principal | --kdc) return ;;
  esac
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if $skip; then
      skip=false
      continue
    fi
    case $word in
      --lang | --config | --socket | --lines | --at | --security | --gateway | --dns | --ca | --keytab | --user | \
        --except | --principal | --kdc) skip=true ;;
      -*) ;;
      *) command=$command${command:+ }$word ;;
    esac
  done
  case $command in
    '') options="$options $commands" ;;
    enrol) options="$options --again" ;;
    logs) options="$options --lines --follow" ;;
    schedule) options="$options --at" ;;
    vault) options="$options migrate" ;;
    'vault migrate') options="$options file tpm2" ;;
    network) options="$options show wifi 8021x static dhcp forget phone" ;;
    'network wifi' | 'network wifi '*) options="$options --hidden --security --qr --keep" ;;
    'network 8021x') options="$options --ssid --hidden --ca --server --identity --anonymous $(_pingplayctl_interfaces)" ;;
    'network 8021x '*) options="$options --hidden --ca --server --identity --anonymous" ;;
    'network phone') options="$options off" ;;
    'network forget') options="$options wifi $(_pingplayctl_interfaces)" ;;
    'network static' | 'network dhcp') options="$options $(_pingplayctl_interfaces)" ;;
    'network static '*) options="$options --gateway --dns --keep" ;;
    proxy) options="$options show set clear" ;;
    'proxy set' | 'proxy set '*) options="$options --user --ca --except --principal --keytab --kdc" ;;
    reset) options="$options --yes" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}

complete -F _pingplayctl pingplayctl
