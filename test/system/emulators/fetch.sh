#!/bin/sh
# Fetches ElasticMQ (Maven Central; needs Java and Maven) and versitygw (Go module proxy; needs Go) into .emulators/. Both have a fixed
# version, and their clients verify the checksums. Outside the clone only the caches of Maven and Go change.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=$here/../../.emulators
versitygw=v1.8.0

for tool in java mvn go; do
  command -v "$tool" > /dev/null || { echo "test/system/emulators/fetch.sh needs $tool (java and mvn for ElasticMQ, go for versitygw)" >&2; exit 2; }
done
rm -rf "$into"
mkdir -p "$into"
into=$(cd "$into" && pwd)
mvn --quiet --batch-mode --strict-checksums --file "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$into/elasticmq"
GOBIN=$into go install "github.com/versity/versitygw/cmd/versitygw@$versitygw"
