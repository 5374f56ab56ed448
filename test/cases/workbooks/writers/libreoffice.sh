#!/bin/sh
# Workbooks by LibreOffice and Gnumeric. The first argument is the folder to write to.
set -eu
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
convert () { soffice --headless -env:UserInstallation="file://$work/profile" --convert-to "$1" --outdir "$work/out" "$2" >/dev/null; }

printf 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1154.1\nCNSGH,EETLL,01/02/2021,1E3\n' >"$work/libreoffice.csv"
convert xlsx "$work/libreoffice.csv"
printf 'orig_code,dest_code,day,price\nCNGGZ,EETLL,=DATE(2021;1;31),=1000+154.1\n=A2,=IF(1=1;"";"x"),=C2+1,=NA()\n' >"$work/libreoffice-formulas.csv"
soffice --headless -env:UserInstallation="file://$work/profile" --infilter='CSV:44,34,76,1,,1033,false,true,false,false,false,-1,true' \
  --convert-to xlsx --outdir "$work/out" "$work/libreoffice-formulas.csv" >/dev/null
cp "$folder/openpyxl-merged.xlsx" "$work/libreoffice-merged.xlsx"
convert xlsx "$work/libreoffice-merged.xlsx"
cp "$folder/openpyxl.xlsx" "$work/libreoffice.xlsx"
convert ods "$work/libreoffice.xlsx"
cp "$work"/out/*.xlsx "$work"/out/*.ods "$folder"
ssconvert "$folder/openpyxl.xlsx" "$folder/gnumeric.xlsx" 2>/dev/null
rm -r "$work"
