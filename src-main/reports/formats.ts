/** Formats of a report's text and tables. */
export const REPORT_FORMATS = ['md', 'latex', 'csv', 'html', 'json', 'pdf'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** Formats of a figure by itself. */
export const FIGURE_FORMATS = ['svg', 'png', 'pdf'] as const
export type FigureFormat = (typeof FIGURE_FORMATS)[number]

/** Formats of a table by itself, to be pasted. */
export const TABLE_FORMATS = ['md', 'latex', 'csv'] as const
export type TableFormat = (typeof TABLE_FORMATS)[number]

/** Ways in which a study's runs leave the workspace; a bundle is what another workspace opens. */
export const EXPORT_FORMATS = ['json', 'csv', 'parquet', 'bundle'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]
