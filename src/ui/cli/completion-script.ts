export type Shell = "bash" | "zsh" | "fish";

/** A completion script that asks the program itself (spec/07 §6.8). */
export function completionScript(program: string, shell: Shell): string {
  const name = `_${program}_complete`;
  switch (shell) {
    case "bash":
      return `# bash completion for ${program}: source <(${program} completion bash)
${name}() {
  local line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    [ -n "$line" ] && COMPREPLY+=("$line")
  done < <(${program} __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [ "\${#COMPREPLY[@]}" -eq 1 ] && [[ "\${COMPREPLY[0]}" == */ ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -o default -F ${name} ${program}
`;
    case "zsh":
      return `#compdef ${program}
# zsh completion for ${program}: source <(${program} completion zsh)
${name}() {
  local -a items
  local value description
  while IFS=$'\\t' read -r value description; do
    [[ -n "$value" ]] && items+=("\${value//:/\\\\:}\${description:+:$description}")
  done < <(${program} __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#items} )); then
    _describe '${program}' items
  else
    _files
  fi
}
if (( \${+functions[compdef]} )); then
  compdef ${name} ${program}
fi
`;
    case "fish":
      return `# fish completion for ${program}: ${program} completion fish | source
function ${name}
  set -l tokens (commandline -opc) (commandline -ct)
  ${program} __complete -- $tokens[2..-1] 2>/dev/null
end
complete -c ${program} -f -a "(${name})"
`;
  }
}
