import type { Conversation } from './conversation.ts'

const folder = 'Projects/Café'

/** How an old ticket office becomes a café. */
export const CAFE: readonly Conversation[] = [
  {
    folder,
    subject: 'L’ancienne billetterie',
    daysAgo: 588,
    turns: [
      [
        'lucie',
        'Bonjour Robin,\n\nça y est, j’ai signé ! L’ancienne billetterie du ferry est à moi, avec ses guichets en laiton et son toit qui fuit. Est-ce que tu viendrais la voir avant que je fasse une bêtise avec la peinture ?',
      ],
      [
        'me',
        'Félicitations ! Je passe jeudi. Surtout ne touche pas au carrelage : sous la saleté, c’est du ciment coloré de 1925.',
      ],
      ['lucie', 'Trop tard pour un coin (un seul !), mais il a très bien supporté le savon noir. À jeudi.'],
    ],
  },
  {
    folder,
    subject: 'Counter in ash or oak',
    daysAgo: 470,
    turns: [
      [
        'greta',
        'Hello Robin, for the counter I can offer ash (light, 2,900 euros) or oak (darker, 3,400). Both oiled, both with the brass rail you found. Oak takes a coffee stain with more dignity.',
      ],
      ['me', 'Oak. Could the flap at the end be wide enough for a wheelchair? 90 cm clear.'],
      ['greta', '90 is fine, I will put the hinge on a pivot so that it opens with one hand. Ready in five weeks.'],
      ['me', 'Perfect. Please measure the floor first, it falls 2 cm towards the door.'],
    ],
  },
  {
    folder,
    subject: 'Espresso machine and the fuse box',
    daysAgo: 402,
    cc: ['lucie'],
    turns: [
      [
        'samir',
        'Hi both, the two-group machine wants 4.3 kW and the grinder another 0.8. The fuse box says 16 A for the whole room, and I like you too much to say nothing.',
      ],
      [
        'me',
        'We get a new line with three phases from the pier, it was cheaper than I feared. You will have 32 A by the end of the month.',
      ],
      ['samir', 'Then I bring the machine on the 2nd, and the good beans for whoever connects it.'],
    ],
  },
  {
    folder,
    subject: 'La carte, deuxième version',
    daysAgo: 250,
    turns: [
      [
        'lucie',
        'Voici la carte sans les fautes (enfin, sans celles que j’ai trouvées). J’ai enlevé la soupe du mardi et ajouté un gâteau aux poires.\n\nQu’est-ce que tu penses de « La Lanterne » en enseigne, écrit à la main ?',
      ],
      ['me', 'Écrit à la main, oui, mais par quelqu’un d’autre que moi. Leo a un pinceau et du temps.'],
      ['lucie', 'Il a dit oui pour douze cafés.'],
    ],
  },
  {
    folder,
    subject: 'Lamps for the counter',
    daysAgo: 118,
    turns: [
      [
        'leo',
        'Five glass shades from the old signal box, cleaned, rewired, tested. 2700 K, dimmable. They look like jellyfish when it gets dark, in the best way.',
      ],
      ['me', 'Jellyfish it is. How low can they hang without meeting tall guests?'],
      ['leo', '2.10 m at the counter, nobody walks there. I hang them on Monday when you are closed.'],
    ],
  },
  {
    folder,
    subject: 'Un an !',
    daysAgo: 16,
    turns: [
      [
        'lucie',
        'Un an de Lanterne, 41 000 cafés, deux chaises cassées et un mariage. Fête vendredi à partir de 18 h. Amène qui tu veux, sauf le contrôleur des impôts.',
      ],
      ['me', 'Nous venons à quatre. J’apporte les photos de la fuite du toit, pour le contraste.'],
    ],
  },
]
