# bash completion of pingplayctl(8)

_pingplayctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word skip=false
  local commands='status enrol diagnose logs schedule stats vault reset'
  local options='--json --lang --config --socket --help --version'
  COMPREPLY=()
  case $previous in
    --lang) mapfile -t COMPREPLY < <(compgen -W 'en fr' -- "$cur"); return ;;
    --config | --socket) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --lines) mapfile -t COMPREPLY < <(compgen -W '50 200 512' -- "$cur"); return ;;
    --at) return ;;
  esac
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if $skip; then
      skip=false
      continue
    fi
    case $word in
      --lang | --config | --socket | --lines | --at) skip=true ;;
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
    reset) options="$options --yes" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}

complete -F _pingplayctl pingplayctl
