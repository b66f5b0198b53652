// Runs in the reader's browser: a click on a heading sorts its table by that column, a second click the other way.
for (const table of document.querySelectorAll('table')) {
  const headings = [...table.tHead.rows[0].cells]
  headings.forEach((heading, column) => {
    heading.setAttribute('aria-sort', 'none')
    heading.tabIndex = 0
    const sort = () => {
      const down = heading.getAttribute('aria-sort') === 'ascending'
      headings.forEach((other) => other.setAttribute('aria-sort', 'none'))
      heading.setAttribute('aria-sort', down ? 'descending' : 'ascending')
      const value = (row) => {
        const { dataset, textContent } = row.cells[column]
        return dataset.sort === undefined ? textContent : Number(dataset.sort)
      }
      const compare = (a, b) => {
        const [x, y] = [value(a), value(b)]
        if (typeof x === 'number' && typeof y === 'number') return x - y
        return typeof x === typeof y ? String(x).localeCompare(String(y)) : typeof x === 'number' ? -1 : 1
      }
      const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? compare(b, a) : compare(a, b)))
      table.tBodies[0].append(...rows)
    }
    heading.addEventListener('click', sort)
    heading.addEventListener('keydown', ({ key }) => key === 'Enter' && sort())
  })
}
