"""Workbooks by openpyxl, XlsxWriter, pandas, polars, xlwt and msoffcrypto-tool. The first argument is the folder to write to."""
import datetime, io, os, sys, tempfile
from decimal import Decimal
import msoffcrypto.format.ooxml, openpyxl, pandas, polars, xlsxwriter, xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference

os.chdir(sys.argv[1])
HEADER = ['orig_code', 'dest_code', 'day', 'price']
FIRST, SECOND = datetime.date(2021, 1, 31), datetime.date(2021, 2, 1)
ROWS = [['CNGGZ', 'EETLL', FIRST, 1154.1], ['CNSGH', 'EETLL', SECOND, 980]]


def by_openpyxl(name, fill, **options):
    book = openpyxl.Workbook(**options)
    fill(book, book.worksheets[0] if book.worksheets else book.create_sheet('Rates'))
    book.save(name)


def table(sheet, rows=ROWS):
    for row in [HEADER, *rows]:
        sheet.append(row)


def plain(book, sheet):
    sheet.title = 'Rates'
    table(sheet)


def iso_dates(book, sheet):
    book.iso_dates = True
    table(sheet, [*ROWS, ['CNGGZ', 'EETLL', datetime.datetime(2021, 2, 2), 1], ['CNGGZ', 'EETLL', datetime.datetime(2021, 2, 3, 14, 30), 1]])


def rich_text(book, sheet):
    table(sheet)
    sheet['A3'] = CellRichText('CN', TextBlock(InlineFont(b=True), 'SGH'))
    sheet['B3'] = ' EETLL\r\n'


def formulas(book, sheet):
    table(sheet, [['CNGGZ', 'EETLL', FIRST, '=1000+154.1'], ['=A2', 'EETLL', '=C2+1', '=NA()']])


def hidden(book, sheet):
    sheet.title = 'Rates 2021'
    for row in [['orig_code', 'dest_code', 'cost', 'day', 'price'], ['CNGGZ', 'EETLL', 900, FIRST, 1154.1], ['CNSGH', 'EETLL', 800, SECOND, 980],
                ['CNSGH', 'EETLL', 700, SECOND, 970]]:
        sheet.append(row)
    sheet.column_dimensions['C'].hidden = True
    sheet.row_dimensions[3].hidden = True
    for title, state in [('Old', 'hidden'), ('Secret', 'veryHidden')]:
        other = book.create_sheet(title, 0)
        other.sheet_state = state
        table(other)
    book.active = 2


def merged(book, sheet):
    sheet.append(['Rates of 2021'])
    sheet.merge_cells('A1:D1')
    table(sheet, [*ROWS, ['NLRTM', 'EETLL', FIRST, 1], [None, 'EETLL', SECOND, 2], [None, 'DEHAM', FIRST, 3]])
    sheet.merge_cells('A5:A7')
    sheet.merge_cells('A3:B3')


def several(book, sheet):
    sheet.title = 'Cover'
    sheet.append(['Rates of 2021'])
    sheet.append(['CNGGZ', 'EETLL'])
    table(book.create_sheet('Rates'))
    chart = BarChart()
    chart.add_data(Reference(book['Rates'], min_col=4, min_row=1, max_row=3))
    book.create_chartsheet('Chart').add_chart(chart)


def two_tables(book, sheet):
    plain(book, sheet)
    table(book.create_sheet('Rates old'))


def without_dimension(book, sheet):
    table(sheet)


by_openpyxl('openpyxl.xlsx', plain)
by_openpyxl('openpyxl-iso-dates.xlsx', iso_dates)
by_openpyxl('openpyxl-rich-text.xlsx', rich_text)
by_openpyxl('openpyxl-formulas.xlsx', formulas)
by_openpyxl('openpyxl-hidden.xlsx', hidden)
by_openpyxl('openpyxl-merged.xlsx', merged)
by_openpyxl('openpyxl-several-sheets.xlsx', several)
by_openpyxl('openpyxl-two-tables.xlsx', two_tables)
by_openpyxl('openpyxl-write-only.xlsx', without_dimension, write_only=True)


def by_xlsxwriter(name, fill, **options):
    book = xlsxwriter.Workbook(name, options)
    fill(book)
    book.close()


def unformatted(book):
    sheet = book.add_worksheet('Rates')
    for at, row in enumerate([HEADER, ['CNGGZ', 'EETLL', 44227, 1154.1], ['CNSGH', 'EETLL', 44228, 980]]):
        sheet.write_row(at, 0, row)


def formatted(price, day='yyyy-mm-dd'):
    def fill(book):
        sheet = book.add_worksheet('Rates')
        sheet.write_row(0, 0, HEADER)
        for at, (orig, dest, date, amount) in enumerate(ROWS):
            sheet.write_row(at + 1, 0, [orig, dest])
            sheet.write_datetime(at + 1, 2, datetime.datetime.combine(date, datetime.time()), book.add_format({'num_format': day}))
            sheet.write_number(at + 1, 3, amount, book.add_format({'num_format': price}))
    return fill


def written_formulas(book):
    sheet = book.add_worksheet('Rates')
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ['CNGGZ', 'EETLL', 44227, 1154.1])
    sheet.write_row(2, 0, ['CNSGH', 'EETLL'])
    sheet.write_formula(2, 2, '=C2+1')
    sheet.write_formula(2, 3, '=D2-174.1', None, 980)
    sheet.write_formula(3, 0, '=A2', None, 'CNGGZ')
    sheet.write_formula(3, 1, '=""', None, '')
    sheet.write_formula(3, 2, '=NA()', None, '#N/A')
    sheet.write_number(3, 3, 0)


def texts(book):
    sheet = book.add_worksheet('Rates')
    sheet.write_row(0, 0, HEADER)
    sheet.write_rich_string(1, 0, 'CN', book.add_format({'bold': True}), 'GGZ')
    sheet.write_row(1, 1, ['EETLL\r', '2021-01-31', 'a _x000D_ & <b> "é" 上'])


def table_object(book):
    sheet = book.add_worksheet('Rates')
    sheet.add_table('B3:E6', {'total_row': True, 'data': [['CNGGZ', 'EETLL', 44227, 1154.1], ['CNSGH', 'EETLL', 44228, 980]], 'columns': [
        {'header': 'orig_code', 'total_string': 'Total'}, {'header': 'dest_code'}, {'header': 'day'}, {'header': 'price', 'total_function': 'sum', 'total_value': 2134.1}]})
    sheet.freeze_panes(3, 0)


def formatted_empty_rows(book):
    unformatted(book)
    sheet = book.get_worksheet_by_name('Rates')
    grey = book.add_format({'bg_color': '#eeeeee'})
    for row in [*range(3, 40), 1_048_575]:
        sheet.set_row(row, 15, grey)
        for column in [0, 1, 250]:
            sheet.write_blank(row, column, None, grey)
    sheet.write_row(60, 0, ['NLRTM', 'EETLL', 44229, 5])


def macros(book):
    unformatted(book)
    with tempfile.NamedTemporaryFile(suffix='.bin') as file:
        file.write(b'a project')
        file.flush()
        book.add_vba_project(file.name)
        book.close()


def charts_alone(book):
    chart = book.add_chart({'type': 'bar'})
    chart.add_series({'values': '=Rates!$A$1:$A$2'})
    book.add_chartsheet('Chart').set_chart(chart)


def hidden_by_filter(book):
    unformatted(book)
    sheet = book.get_worksheet_by_name('Rates')
    sheet.autofilter('A1:D3')
    sheet.filter_column('A', 'x == CNSGH')
    sheet.set_row(1, options={'hidden': True})


by_xlsxwriter('xlsxwriter.xlsx', formatted('0.00'))
by_xlsxwriter('xlsxwriter-constant-memory.xlsx', formatted('0.00'), constant_memory=True)
by_xlsxwriter('xlsxwriter-zip64.xlsx', formatted('0.00'), use_zip64=True)
by_xlsxwriter('xlsxwriter-1904.xlsx', formatted('0.00'), date_1904=True)
by_xlsxwriter('xlsxwriter-unformatted-days.xlsx', unformatted)
by_xlsxwriter('xlsxwriter-cubic-metres.xlsx', formatted(r'0.00\ \m³', 'yyyymmdd'))
by_xlsxwriter('xlsxwriter-days-format.xlsx', formatted(r'0\ \d', '_D_M'))
by_xlsxwriter('xlsxwriter-soles.xlsx', formatted('"S/" #,##0.00', 'dd/mm/yyyy'))
by_xlsxwriter('xlsxwriter-dinars.xlsx', formatted('#,##0.00 [$Din.-241A]', 'dd.mm.yyyy'))
by_xlsxwriter('xlsxwriter-formulas.xlsx', written_formulas)
by_xlsxwriter('xlsxwriter-texts.xlsx', texts)
by_xlsxwriter('xlsxwriter-table.xlsx', table_object)
by_xlsxwriter('xlsxwriter-empty-rows.xlsx', formatted_empty_rows)
by_xlsxwriter('xlsxwriter-macros.xlsm', macros)
by_xlsxwriter('xlsxwriter-charts-alone.xlsx', charts_alone)
by_xlsxwriter('xlsxwriter-filtered.xlsx', hidden_by_filter)

frame = pandas.DataFrame(ROWS, columns=HEADER)
for engine in ['openpyxl', 'xlsxwriter']:
    frame.to_excel(f'pandas-{engine}.xlsx', engine=engine, index=False)
pandas.DataFrame([[*row[:2], pandas.Timestamp(row[2]), row[3]] for row in ROWS], columns=HEADER).to_excel('pandas-timestamps-index.xlsx')
pandas.DataFrame([ROWS[0], [*ROWS[0][:2], SECOND, 1160.5], ROWS[1]], columns=HEADER).set_index(HEADER[:3]).to_excel('pandas-index.xlsx')
frame.to_html('pandas-html.xls', index=False)
polars.DataFrame({name: [row[at] for row in ROWS] for at, name in enumerate(HEADER[:3])}).with_columns(
    price=polars.Series([Decimal('1154.10'), Decimal('980.00')])).write_excel('polars.xlsx')

old = xlwt.Workbook()
sheet = old.add_sheet('Rates')
for at, row in enumerate([HEADER, *ROWS]):
    for column, value in enumerate(row):
        sheet.write(at, column, value)
old.save('xlwt.xls')

with open('openpyxl.xlsx', 'rb') as plain_file, open('msoffcrypto-encrypted.xlsx', 'wb') as encrypted:
    msoffcrypto.format.ooxml.OOXMLFile(plain_file).encrypt('password', encrypted)
