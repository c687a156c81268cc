// Properties of an element's style, put there by script: the policy allows no style attribute.
import { noChange } from 'lit';
import { Directive, directive, type ElementPart, type PartInfo, PartType } from 'lit/directive.js';

type Vars = Readonly<Record<`--${string}`, number>>;

class SetVars extends Directive {
  constructor(info: PartInfo) {
    super(info);
    if (info.type !== PartType.ELEMENT) throw new Error('vars stands in an element');
  }

  render(_vars: Vars): unknown { return noChange; }

  override update(part: ElementPart, [vars]: [Vars]): unknown {
    for (const [name, value] of Object.entries(vars)) (part.element as HTMLElement).style.setProperty(name, String(value));
    return noChange;
  }
}
export const vars = directive(SetVars);
