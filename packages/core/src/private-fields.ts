/** What it is constructed with is what comes of it: who extends it puts private fields on any object. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- it stands for nothing but its constructor
export class PrivateFieldsOn {
  constructor(subject: object) {
    return subject;
  }
}
