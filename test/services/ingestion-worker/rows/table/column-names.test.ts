import t from 'tap'
import { columnOf, isContainerName, isCurrencyName, isPriceInOtherCurrency } from '../../../../../services/ingestion-worker/rows/table/column-names.ts'

t.test('a container of 40 feet, high cube, is the price, however its feet are written', async t => {
  for (const name of ['40HC', "40'HC", '40’ HC', '40ft HC', '40 FT High Cube', "40' HQ"]) t.equal(columnOf(name), 'price', name)
  for (const name of ['40HC (USD)', '40HC USD', 'USD 40HC', 'USD/40HC', 'Rate (USD/40HC)', 'USD per 40HC', 'O/F 40HC', '40HC rate', "40' High Cube (USD)"]) {
    t.equal(columnOf(name), 'price', name)
  }
})

t.test('a price in another currency', async t => {
  for (const name of ['40H C$', "40'H C$", 'Rate C$', 'Rate EUR', 'price €', 'EUR', 'Preis in EUR', '40HC (EUR)', 'GBP/20GP']) {
    t.same([columnOf(name), isPriceInOtherCurrency(name)], [undefined, name !== 'EUR'], name)
  }
  for (const name of ['carrier', 'neur', 'amount', 'USD', '40HC']) t.notOk(isPriceInOtherCurrency(name), name)
  for (const name of ['Currency', 'Curr.', 'CCY', 'Währung']) t.ok(isCurrencyName(name), name)
})

t.test('other containers', async t => {
  for (const name of ['20GP', '20GP USD', '40HC RF', "20'GP", '40RF', "40' Reefer", '40', '20ft', '2x20DV', '45HC', 'GP20']) t.same([columnOf(name), isContainerName(name)], [undefined, true], name)
  for (const name of ['40HC surcharge', '40HC per day', '40HC in', 'carrier', '2020', '20 days!', 'price €']) t.same([columnOf(name), isContainerName(name)], [undefined, false], name)
})

t.test('a long name costs linear time', async t => {
  t.notOk(isContainerName(`20${'ft'.repeat(30_000)}!`))
  t.notOk(isContainerName(`20${'a'.repeat(60_000)}!`))
})
