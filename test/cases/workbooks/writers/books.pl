# A workbook by Excel::Writer::XLSX. The first argument is the folder to write to.
use strict;
use warnings;
use Excel::Writer::XLSX;

my $book = Excel::Writer::XLSX->new("$ARGV[0]/perl-1904.xlsx");
$book->set_1904(1);
my $sheet = $book->add_worksheet('Rates');
my $day = $book->add_format(num_format => 'yyyy-mm-dd');
$sheet->write_row(0, 0, [qw(orig_code dest_code day price)]);
$sheet->write_row(1, 0, ['CNGGZ', 'EETLL']);
$sheet->write_date_time(1, 2, '2021-01-31T', $day);
$sheet->write_number(1, 3, 1154.1);
$sheet->write_row(2, 0, ['CNSGH', 'EETLL']);
$sheet->write_date_time(2, 2, '2021-02-01T', $day);
$sheet->write_number(2, 3, 980);
$book->close;
