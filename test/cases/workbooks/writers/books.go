// Workbooks by excelize. The first argument is the folder to write to.
package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/xuri/excelize/v2"
)

func main() {
	rows := [][]interface{}{
		{"orig_code", "dest_code", "day", "price"},
		{"CNGGZ", "EETLL", time.Date(2021, 1, 31, 0, 0, 0, 0, time.UTC), 1154.1},
		{"CNSGH", "EETLL", time.Date(2021, 2, 1, 0, 0, 0, 0, time.UTC), 980},
	}
	whole, streamed := excelize.NewFile(), excelize.NewFile()
	stream, err := streamed.NewStreamWriter("Sheet1")
	check(err)
	for at, row := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, at+1)
		check(whole.SetSheetRow("Sheet1", cell, &row))
		check(stream.SetRow(cell, row))
	}
	check(stream.Flush())
	check(whole.SaveAs(filepath.Join(os.Args[1], "excelize.xlsx")))
	check(streamed.SaveAs(filepath.Join(os.Args[1], "excelize-stream.xlsx")))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
