import t from 'tap'
import { columnOf, isContainerName } from '../../../../../services/ingestion-worker/rows/table/column-names.ts'

t.test('a container of 40 feet, high cube, is the price, however its feet are written', async t => {
  for (const name of ['40HC', "40'HC", '40’ HC', '40ft HC', '40 FT High Cube', "40' HQ"]) t.equal(columnOf(name), 'price', name)
})

t.test('other containers', async t => {
  for (const name of ['20GP', "20'GP", '40RF', "40' Reefer", '40', '20ft', '2x20DV', '45HC', 'GP20']) t.same([columnOf(name), isContainerName(name)], [undefined, true], name)
  for (const name of ['carrier', '2020', '20 days!', 'price €']) t.same([columnOf(name), isContainerName(name)], [undefined, false], name)
})

t.test('a long name costs linear time', async t => {
  t.notOk(isContainerName(`20${'ft'.repeat(30_000)}!`))
  t.notOk(isContainerName(`20${'a'.repeat(60_000)}!`))
})
