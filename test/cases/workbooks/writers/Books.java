import java.io.*;
import java.time.LocalDate;
import org.apache.poi.ss.usermodel.*;
import org.apache.poi.xssf.streaming.SXSSFWorkbook;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;

/** Workbooks by Apache POI and fastexcel. The first argument is the folder to write to. */
public class Books {
  static final String[] HEADER = { "orig_code", "dest_code", "day", "price" };

  public static void main (String[] args) throws Exception {
    write(new XSSFWorkbook(), new File(args[0], "poi-xssf.xlsx"));
    write(new SXSSFWorkbook(100), new File(args[0], "poi-sxssf.xlsx"));
    try (var out = new FileOutputStream(new File(args[0], "fastexcel.xlsx")); var book = new org.dhatim.fastexcel.Workbook(out, "test", "1.0")) {
      var sheet = book.newWorksheet("Rates");
      for (int at = 0; at < 4; at++) sheet.value(0, at, HEADER[at]);
      sheet.value(1, 0, "CNGGZ"); sheet.value(1, 1, "EETLL"); sheet.value(1, 2, LocalDate.of(2021, 1, 31)); sheet.value(1, 3, 1154.1);
      sheet.value(2, 0, "CNSGH"); sheet.value(2, 1, "EETLL"); sheet.value(2, 2, LocalDate.of(2021, 2, 1)); sheet.value(2, 3, 980);
    }
  }

  static void write (Workbook book, File file) throws Exception {
    var sheet = book.createSheet("Rates");
    var style = book.createCellStyle();
    style.setDataFormat(book.getCreationHelper().createDataFormat().getFormat("yyyy-mm-dd"));
    var header = sheet.createRow(0);
    for (int at = 0; at < 4; at++) header.createCell(at).setCellValue(HEADER[at]);
    add(sheet, 1, "CNGGZ", LocalDate.of(2021, 1, 31), 1154.1, style);
    add(sheet, 2, "CNSGH", LocalDate.of(2021, 2, 1), 980, style);
    try (var out = new FileOutputStream(file)) { book.write(out); }
  }

  static void add (Sheet sheet, int at, String orig, LocalDate day, double price, CellStyle style) {
    var row = sheet.createRow(at);
    row.createCell(0).setCellValue(orig);
    row.createCell(1).setCellValue("EETLL");
    var cell = row.createCell(2);
    cell.setCellValue(day);
    cell.setCellStyle(style);
    row.createCell(3).setCellValue(price);
  }
}
