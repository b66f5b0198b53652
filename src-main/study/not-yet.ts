/**
 * What the study file may say but the program cannot do yet, in one place. Each is refused by name; building one
 * means deleting its word here.
 */
export const NOT_YET: {
  readonly tasks: readonly string[]
} = {
  tasks: ['remote-homology'],
}
