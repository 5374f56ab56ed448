#!/usr/bin/env bash
# npm 11.19.1: `npm sbom --omit=dev` omits production packages that a development dependency needs too.
#
# `debug` is a dependency, and so is its own dependency `ms`. With `finalhandler`, which needs `debug`, as a development dependency, the
# production bill of materials has neither. `npm ls --omit=dev` and an installation with `--omit=dev` have both. A vulnerability scan of
# such a bill misses packages that run. A bill without development dependencies in package.json (removed before) has all packages.
#
# Seen on 2026-11-27, Node 20.20.2:
#   other dev dependency   debug ms
#   shared dev dependency  (none)
#   npm ls --omit=dev      debug ms
#
# Needs Node 20 or newer, npm and its registry. Installs into a temporary folder. Exits with 1 if the behaviour differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/tool"
cd "$folder/tool"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts npm@11.19.1 >/dev/null
npm=$folder/tool/node_modules/.bin/npm

tree () { # creates the folder $1 with `debug` as a dependency and $2 as a development dependency
  mkdir "$folder/$1"
  cd "$folder/$1"
  printf '{ "name": "example", "version": "1.0.0", "private": true, "dependencies": { "debug": "4.4.3" }, "devDependencies": { %s } }\n' "$2" >package.json
  "$npm" install --silent --no-audit --no-fund --ignore-scripts >/dev/null
}
names () { # the names in a CycloneDX bill
  node -e 'let s = ""; process.stdin.on("data", d => { s += d }).on("end", () => console.log(JSON.parse(s).components.map(c => c.name).sort().join(" ") || "(none)"))'
}
tree other '"ee-first": "1.1.1"'
other=$("$npm" sbom --sbom-format cyclonedx --omit=dev | names)
tree shared '"finalhandler": "2.1.0"'
shared=$("$npm" sbom --sbom-format cyclonedx --omit=dev | names)
installed=$("$npm" ls --omit=dev --all --parseable | sed -n 's#.*/node_modules/##p' | sort | tr '\n' ' ' | sed 's/ $//')
printf 'other dev dependency   %s\nshared dev dependency  %s\nnpm ls --omit=dev      %s\n' "$other" "$shared" "$installed"
[ "$other" = 'debug ms' ] && [ "$shared" = '(none)' ] && [ "$installed" = 'debug ms' ]
